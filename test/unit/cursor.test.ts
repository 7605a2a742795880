import { decide } from '@rollcall/kit/internal/messaging/cursor';
import { describe, expect, it } from 'vitest';

describe('decide', () => {
  it('applies version 1 if there is no cursor', () => {
    expect(decide(undefined, 1)).toEqual({ action: 'apply', after: 0 });
  });

  it('lets a late subscriber adopt the version that it receives first', () => {
    expect(decide(undefined, 4)).toEqual({ action: 'adopt' });
  });

  it('applies the next version', () => {
    expect(decide({ version: 3 }, 4)).toEqual({ action: 'apply', after: 3 });
  });

  it('parks a version that has a gap before it', () => {
    expect(decide({ version: 3 }, 5)).toEqual({ action: 'park', because: 'gap' });
  });

  it.each([1, 2, 3])('acknowledges version %i as a duplicate once version 3 was applied', (version) => {
    expect(decide({ version: 3 }, version)).toEqual({ action: 'acknowledge' });
  });

  it('parks a version below the baseline, because it was never applied', () => {
    expect(decide({ version: 5, baseline: 4 }, 3)).toEqual({ action: 'park', because: 'below-baseline' });
    expect(decide({ version: 5, baseline: 4 }, 4)).toEqual({ action: 'acknowledge' });
  });
});
