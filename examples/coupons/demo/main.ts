import { demo } from '../../../ops/demo/demo.ts';

// The demo of the member application, with one coupon per member in addition.
await demo({ coupons: (items) => items.filter(({ coupon }) => coupon !== undefined).length });
