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
  const picture = movingPicture(frames, 90, 60, 'what there is to see');

  it('shows each frame in its turn, and begins anew', () => {
    expect(picture).toContain('animation:4000ms step-end infinite');
    expect(picture).toContain('@keyframes f1{0%{opacity:0}25.00%{opacity:1}}');
    expect(picture.match(/href="data:."/g)).toEqual(['href="data:a"', 'href="data:b"']);
  });

  it('stands still for whoever wants less motion, and has a title for whoever does not see it', () => {
    expect(picture).toContain('@media (prefers-reduced-motion){image{animation:none}}');
    expect(picture).toContain('<title>what there is to see</title>');
  });

  it('is small in the README', () => {
    expect(statSync(join(root, 'docs/images/console.svg')).size).toBeLessThan(300_000);
  });
});
