import { InvalidArgumentError } from 'commander';

/** Parses a whole number for commander. */
export function atLeast(least: number) {
  return (text: string): number => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`It must be a whole number, at least ${least}.`);
  };
}
