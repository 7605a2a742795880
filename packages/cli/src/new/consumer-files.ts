/** The names that the files of a consumer share. */
export interface ConsumerNames {
  /** The export of its descriptor, in `FILE.consumer.ts`. */
  consumer: string;
  file: 'events' | 'commands' | 'replies';
  /** The export of its handlers, in `FROM.ts`. */
  handlers: string;
  from: string;
}

export const handlerFile = ({ consumer, file, handlers, from }: ConsumerNames): string => `\
import { subscriberFunctions } from '@rollcall/kit/messaging';
import { ${consumer} } from './${file}.consumer.ts';
import { ${handlers} } from './${from}.ts';

export const { consume, sweep } = subscriberFunctions(${consumer}, ${handlers});
`;
