import type { Span } from '@rollcall/local/internal/observability/otlp';

/** The outcome of a registration at a service, from a span of the service. */
type RegistrationOutcome = Pick<Span, 'service'> & { member: string; isApplied: boolean };

/**
 * Computes the progress of registrations from spans.
 * @param accepted the members to include, by id; a member may be added after its spans have arrived
 */
export function createRegistrationProgress(accepted: ReadonlyMap<string, unknown>) {
  const outcomes: RegistrationOutcome[] = [];
  let lastAt = Date.now();

  const membersOf = (service: string, isWanted: (one: RegistrationOutcome) => boolean): number =>
    new Set(
      outcomes
        .filter((one) => one.service === service && accepted.has(one.member) && isWanted(one))
        .map(({ member }) => member),
    ).size;

  return {
    see(spans: readonly Span[]): void {
      for (const { service, attributes } of spans) {
        const outcome = attributes['rollcall.outcome'];
        const isRegistration = String(attributes['cloudevents.event_type']).startsWith('rollcall.member.registered');
        if (!isRegistration || outcome === undefined || outcome === 'ignored') continue;
        const member = String(attributes['rollcall.aggregate']);
        if (accepted.has(member)) lastAt = Date.now();
        outcomes.push({ service, member, isApplied: outcome === 'applied' || outcome === 'duplicate' });
      }
    },

    /** The number of members whose registration a service has applied. */
    appliedBy: (service: string) => membersOf(service, ({ isApplied }) => isApplied),
    /** The number of members whose registration a service has applied or parked. */
    settledBy: (service: string) => membersOf(service, () => true),
    /** When the last span about an accepted member arrived, in epoch milliseconds. Initially the start time. */
    lastAt: () => lastAt,
  };
}
