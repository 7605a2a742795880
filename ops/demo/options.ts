import { InvalidArgumentError } from 'commander';

/** Creates a parser of option values for commander. It accepts whole numbers that are at least `least`. */
export function atLeast(least: number) {
  return (text: string): number => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`It must be a whole number, at least ${least}.`);
  };
}
