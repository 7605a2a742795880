import { demo } from '../../../ops/demo/demo.ts';

// That of the member application, where each member has one coupon, too.
await demo({ coupons: (items) => items.filter(({ coupon }) => coupon !== undefined).length });
