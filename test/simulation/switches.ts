import type { Choices } from '@rollcall/kit/internal/testing/simulation/choices';
import type { Mode } from '@rollcall/kit/internal/testing/simulation/consumer';
import type { Scheduler } from '@rollcall/kit/internal/testing/simulation/scheduler';
import { type Capability, capabilities } from '../../shared/config/capabilities.ts';

const MODES: readonly Mode[] = ['skip', 'pause', 'on'];

/** The switches, which a simulated operator sets. */
export class Switches {
  readonly #scheduler: Scheduler;
  readonly #choices: Choices;
  readonly #modes = new Map<Capability, Mode>();

  constructor(scheduler: Scheduler, choices: Choices) {
    this.#scheduler = scheduler;
    this.#choices = choices;
  }

  modeOf(capability: Capability | undefined): Mode {
    return (capability && this.#modes.get(capability)) ?? 'on';
  }

  turnOne(): void {
    const names = Object.keys(capabilities).filter((name) => name !== 'registration') as Capability[];
    this.#turn(
      names[this.#choices.below(names.length)] as Capability,
      MODES[this.#choices.below(MODES.length)] as Mode,
    );
  }

  /** Switches paused capabilities on. Skipped messages can be released later. */
  resume(): void {
    for (const [capability, mode] of this.#modes) if (mode === 'pause') this.#turn(capability, 'on');
  }

  turnAllOn(): void {
    for (const capability of this.#modes.keys()) this.#turn(capability, 'on');
  }

  #turn(capability: Capability, mode: Mode): void {
    this.#modes.set(capability, mode);
    this.#scheduler.log(`an operator switches ${capability} to ${mode}`);
  }
}
