/** An injected fault of a stand-in beside the embedded cloud. The app defines the kinds of faults (ConsoleParts). */
export interface ProviderFault {
  kind: string;
  /** The delay in milliseconds, for kinds that take one (`takesMs`). */
  ms?: number;
}
