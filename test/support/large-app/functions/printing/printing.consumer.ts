import { defineConsumer } from '@rollcall/kit/contracts';
import { prints } from '../../shared/contracts.ts';

export const printing = defineConsumer('printing', { of: prints, source: '/shop/printing' });
