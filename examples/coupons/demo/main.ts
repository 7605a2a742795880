import { demo } from '../../../ops/demo/demo.ts';

// The demo of the member application, which here also expects one coupon per member.
await demo({ coupons: (items) => items.filter(({ coupon }) => coupon !== undefined).length });
