import { Badge, Button } from '@mantine/core';
import { memo, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SpanView } from '../../../../stage/traces.ts';
import { duration } from '../components/times.ts';
import type { Episode, Step } from './episodes.ts';
import { SpanDetails } from './span-details.tsx';
import classes from './timeline.module.css';

/** Number of steps shown at first. The others are shown on request. */
const SHOWN = 200;

interface WaterfallProps {
  episode: Episode;
  all: readonly SpanView[];
  colors: ReadonlyMap<string, string>;
}

/** Shows the steps of an episode as bars by start and duration, on one time scale. */
export function Waterfall({ episode, all, colors }: WaterfallProps) {
  const { t } = useTranslation();
  const [limit, setLimit] = useState(SHOWN);
  const { steps, startMs, endMs } = episode;
  const length = Math.max(1, endMs - startMs);
  return (
    <div className={classes.waterfall}>
      <ol className={classes.steps} aria-label={t('aggregates.steps')}>
        {steps.slice(0, limit).map((step) => (
          <StepRow
            key={step.span.spanId}
            step={step}
            startMs={startMs}
            length={length}
            color={colors.get(step.span.service) ?? ''}
            all={all}
          />
        ))}
      </ol>
      {steps.length > limit && (
        <Button variant="subtle" fullWidth onClick={() => setLimit(steps.length)}>
          {t('aggregates.showAll', { count: steps.length })}
        </Button>
      )}
    </div>
  );
}

interface StepRowProps {
  step: Step;
  startMs: number;
  length: number;
  color: string;
  all: readonly SpanView[];
}

const StepRow = memo(function StepRow({ step: { span, depth }, startMs, length, color, all }: StepRowProps) {
  const [opened, setOpened] = useState(false);
  const details = useId();
  const left = ((span.startMs - startMs) / length) * 100;
  const width = (span.durationMs / length) * 100;
  return (
    <li className={classes.step}>
      <button
        type="button"
        className={classes.row}
        aria-expanded={opened}
        aria-controls={opened ? details : undefined}
        onClick={() => setOpened(!opened)}
      >
        <span className={classes.label} style={{ paddingInlineStart: `${Math.min(depth, 8) * 0.7}rem` }}>
          <span className={classes.swatch} style={{ background: color }} />
          <span className={classes.service}>{span.service}</span>
          <span className={classes.name}>{span.name}</span>
          <Marks span={span} />
        </span>
        <span className={classes.lane} aria-hidden>
          <span
            className={classes.bar}
            data-error={span.error !== undefined || undefined}
            style={{
              left: `${Math.min(left, 99.5)}%`,
              width: `max(3px, ${Math.min(width, 100 - left)}%)`,
              ...(span.error === undefined && { background: color }),
            }}
          />
        </span>
        <span className={classes.duration}>{duration(span.durationMs)}</span>
      </button>
      {opened && <SpanDetails id={details} span={span} all={all} startMs={startMs} />}
    </li>
  );
});

/** Badges for an error, repeated deliveries or a redrive of a step. */
function Marks({ span: { error, attributes } }: { span: SpanView }) {
  const { t } = useTranslation();
  const receives = Number(attributes['messaging.sqs.receive_count'] ?? attributes['rollcall.receives'] ?? 1);
  return (
    <>
      {error !== undefined && (
        <Badge size="sm" color="red" variant="filled" tt="none" className={classes.mark ?? ''}>
          {t('aggregates.errorMark')}
        </Badge>
      )}
      {receives > 1 && (
        <Badge size="sm" color="orange" variant="light" tt="none" className={classes.mark ?? ''}>
          {t('aggregates.receives', { count: receives })}
        </Badge>
      )}
      {attributes['rollcall.redriven'] && (
        <Badge size="sm" color="grape" variant="light" tt="none" className={classes.mark ?? ''}>
          {t('aggregates.redriven')}
        </Badge>
      )}
    </>
  );
}
