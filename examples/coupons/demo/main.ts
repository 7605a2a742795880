import { demo } from '../../../ops/demo/demo.ts';

// Runs the demo of the member application, and also expects one coupon per member.
await demo({ coupons: (items) => items.filter(({ coupon }) => coupon !== undefined).length });
