/** How a capability is switched. */
export interface SwitchView {
  capability: string;
  mode: string;
  /** Unless it is on, or was never switched. */
  by?: string;
  why?: string;
  at?: string;
  until?: string;
}
