import type { Span } from '@rollcall/local/internal/observability/otlp';

/** What a service did with a registration: as its span says. */
type Seen = Pick<Span, 'service'> & { member: string; isApplied: boolean };

/**
 * What spans say of registrations.
 * @param accepted by id, the members that count: as they become known, which may be after what follows from it
 */
export function createSightings(accepted: ReadonlyMap<string, unknown>) {
  const seen: Seen[] = [];
  let lastAt = Date.now();

  const membersOf = (service: string, isWanted: (one: Seen) => boolean): number =>
    new Set(
      seen
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
        seen.push({ service, member, isApplied: outcome === 'applied' || outcome === 'duplicate' });
      }
    },

    /** Of how many members a service has applied the registration. */
    appliedBy: (service: string) => membersOf(service, ({ isApplied }) => isApplied),
    /** Or has set it aside. */
    settledBy: (service: string) => membersOf(service, () => true),
    /** Epoch milliseconds; at first, when this began. */
    lastAt: () => lastAt,
  };
}
