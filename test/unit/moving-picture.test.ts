import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { movingPicture } from '../../ops/picture/moving-picture.ts';
import { root } from '../support/run.ts';

describe('a moving picture', () => {
  const frames = [
    { image: 'data:a', ms: 1_000 },
    { image: 'data:b', ms: 3_000 },
  ];
  const picture = movingPicture(frames, 90, 60, 'a description');

  it('shows each frame in turn, and repeats', () => {
    expect(picture).toContain('animation:4000ms step-end infinite');
    expect(picture).toContain('@keyframes f1{0%{opacity:0}25.00%{opacity:1}}');
    expect(picture.match(/href="data:."/g)).toEqual(['href="data:a"', 'href="data:b"']);
  });

  it('does not move for users who prefer reduced motion, and has a title for screen readers', () => {
    expect(picture).toContain('@media (prefers-reduced-motion){image{animation:none}}');
    expect(picture).toContain('<title>a description</title>');
  });

  it('is smaller than 300 KB in the README', () => {
    expect(statSync(join(root, 'docs/images/console.svg')).size).toBeLessThan(300_000);
  });
});
