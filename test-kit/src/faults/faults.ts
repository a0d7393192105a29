/**
 * Trouble on purpose. A test says which calls go wrong, how and how often; everything else is answered as always.
 *
 * @example
 * kit.faults.add({ operation: "DescribeStatement", kind: "error", times: 3 }); // three times, then well again
 * kit.faults.add({ operation: "GetObject", kind: "half", times: Infinity });   // always half a body
 */
import type { Call, ServiceName } from "../calls.ts";

export type FaultKind =
  | "error" // 500, nothing done
  | "throttle" // the service's own "slow down", nothing done
  | "cut" // the connection breaks before anything is done
  | "lost-reply" // done, but the connection breaks before the answer
  | "half" // done, answered with half of the body, then the connection breaks
  | "hang"; // nothing done, never answered

export interface Fault {
  readonly kind: FaultKind;
  /** all, unless given */
  readonly service?: ServiceName;
  /** as AWS names it, e.g. GetObject; all, unless given */
  readonly operation?: string;
  /** only calls for which it is true */
  readonly where?: (call: Call) => boolean;
  /** how many calls go well before it; default 0 */
  readonly after?: number;
  /** how many calls it spoils; default 1 */
  readonly times?: number;
}

export class Faults {
  #armed: { readonly fault: Fault; after: number; times: number }[] = [];

  add(fault: Fault): void {
    this.#armed.push({ fault, after: fault.after ?? 0, times: fault.times ?? 1 });
  }

  /** All is well again. */
  clear(): void {
    this.#armed = [];
  }

  /** The fault that this call gets, which uses it up by one; null for none. */
  take(call: Call): FaultKind | null {
    for (const armed of this.#armed) {
      const { service, operation, where, kind } = armed.fault;
      if (armed.times <= 0) continue;
      if (service !== undefined && service !== call.service) continue;
      if (operation !== undefined && operation !== call.operation) continue;
      if (where !== undefined && !where(call)) continue;
      if (armed.after > 0) {
        armed.after -= 1;
        continue;
      }
      armed.times -= 1;
      return kind;
    }
    return null;
  }
}
