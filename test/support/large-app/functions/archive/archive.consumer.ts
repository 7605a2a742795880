import { defineConsumer } from '@rollcall/kit/contracts';
import { documents } from '../../shared/contracts.ts';

export const archive = defineConsumer('archive', { of: documents });
