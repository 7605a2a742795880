import type { TFunction } from 'i18next';
import type { NodeKind } from '../../../../stage/topology.ts';
import type { Activity } from '../../../api.ts';

export interface Figure {
  text: string;
  tone: 'plain' | 'busy' | 'bad';
}

export const rate = (perSecond: number): string =>
  perSecond < 10 ? String(Math.round(perSecond * 10) / 10) : perSecond.toFixed(0);

/** The current figures of a node or an edge as short texts, without zeros. */
export function figuresOf(activity: Activity, t: TFunction, kind?: NodeKind): Figure[] {
  const { perSecond = 0, errorsPerSecond = 0, backlog = 0, inFlight = 0, parked = 0, stopped = false } = activity;
  const figures: Figure[] = [];
  const add = (text: string, tone: Figure['tone']) => figures.push({ text, tone });
  if (stopped) add(t('flow.stopped'), 'bad');
  if (errorsPerSecond > 0) add(t('flow.errors', { rate: rate(errorsPerSecond) }), 'bad');
  if (parked > 0) add(t('flow.parked', { count: parked }), 'bad');
  if (backlog > 0) add(t(kind === 'table' ? 'flow.rows' : 'flow.waiting', { count: backlog }), 'busy');
  if (inFlight > 0) add(t('flow.inFlight', { count: inFlight }), 'plain');
  if (perSecond > 0) add(t('flow.perSecond', { rate: rate(perSecond) }), 'plain');
  return figures;
}
