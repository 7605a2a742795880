import { useComputedColorScheme } from '@mantine/core';
import { useStoreApi } from '@xyflow/react';
import { useEffect, useRef } from 'react';
import { live } from '../live/use-live.ts';
import classes from './flow.module.css';
import type { Layout } from './layout.ts';
import { createDots } from './moving-dots.ts';

const RADIUS = 3.5;

/** Draws messages that move along the edges. Uses a canvas, because hundreds of animated DOM elements are too slow. */
export function Dots({ layout }: { layout: Layout }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const store = useStoreApi();
  const scheme = useComputedColorScheme();

  useEffect(() => {
    const canvas = ref.current;
    const context = canvas?.getContext('2d');
    if (!canvas || !context) return;
    const dots = createDots(layout);
    const colors = {
      good: colorOf(canvas, '--dot'),
      bad: colorOf(canvas, '--dot-bad'),
      rim: colorOf(canvas, '--dot-rim'),
      scheme,
    };
    let frame: number | undefined;

    function draw(now: number): void {
      if (!canvas || !context) return;
      fitToDevicePixels(canvas);
      const [x, y, zoom] = store.getState().transform;
      const scale = devicePixelRatio;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.setTransform(scale * zoom, 0, 0, scale * zoom, scale * x, scale * y);
      context.strokeStyle = colors.rim;
      const hasMore = dots.draw(now, (point, bad) => {
        context.fillStyle = bad ? colors.bad : colors.good;
        context.beginPath();
        context.arc(point.x, point.y, bad ? RADIUS * 1.4 : RADIUS, 0, 2 * Math.PI);
        context.fill();
        context.stroke();
      });
      frame = hasMore ? requestAnimationFrame(draw) : undefined;
    }

    const unsubscribe = live.onPassings((passings) => {
      // Browsers draw no frames for a hidden tab, so the dots would never be removed.
      if (document.hidden) return;
      dots.add(passings, performance.now());
      frame ??= requestAnimationFrame(draw);
    });
    return () => {
      unsubscribe();
      if (frame !== undefined) cancelAnimationFrame(frame);
    };
  }, [layout, store, scheme]);

  return <canvas ref={ref} className={classes.dots} aria-hidden />;
}

const colorOf = (element: Element, name: string) => getComputedStyle(element).getPropertyValue(name);

/** Adapts the canvas to the device pixels, but only after a change, because setting the size clears a canvas. */
function fitToDevicePixels(canvas: HTMLCanvasElement): void {
  const width = Math.round(canvas.clientWidth * devicePixelRatio);
  const height = Math.round(canvas.clientHeight * devicePixelRatio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
