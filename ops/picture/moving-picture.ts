/** A frame of an animation: an image as a data URI, and the duration of the frame. */
export interface Frame {
  image: string;
  ms: number;
}

/**
 * Combines frames into one looping animated SVG. With `prefers-reduced-motion`, the SVG shows only the last frame.
 * @param title text alternative
 */
export function movingPicture(frames: readonly Frame[], width: number, height: number, title: string): string {
  const total = frames.reduce((sum, { ms }) => sum + ms, 0);
  const images = frames.map(({ image }, index) => {
    const began = frames.slice(0, index).reduce((sum, { ms }) => sum + ms, 0);
    const from = ((began / total) * 100).toFixed(2);
    return {
      // Each frame stays visible below the later frames until the loop restarts. This avoids flicker.
      style:
        index === 0 ? '' : `#f${index}{animation-name:f${index}}@keyframes f${index}{0%{opacity:0}${from}%{opacity:1}}`,
      image: `<image id="f${index}" width="${width}" height="${height}" href="${image}"/>`,
    };
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img"><title>${title}</title>`,
    `<style>image{animation:${total}ms step-end infinite}${images.map(({ style }) => style).join('')}`,
    `@media (prefers-reduced-motion){image{animation:none}}</style>`,
    ...images.map(({ image }) => image),
    '</svg>\n',
  ].join('\n');
}
