import { defineConsumer } from '@rollcall/kit/contracts';
import { dispatchAnswers } from '../../shared/dispatch-channels.ts';

export const answerConsumer = defineConsumer('dispatch-answers', { source: '/rides/dispatch', of: dispatchAnswers });
