/** Calls operations by name: in this process or over HTTP, with the same types, results and errors. */
import { describeError, UserError } from "../telemetry/errors.ts";
import type { System } from "../pipeline/system.ts";
import type { App } from "./app.ts";
import { runOperation, type Operation } from "./operation.ts";
import { operations, type InputOf, type OperationName, type OutputOf } from "./operations/index.ts";

export interface Client {
  /** Throws UserError with the code, place and advice of the service's answer. */
  call<Name extends OperationName>(name: Name, input: InputOf<Name>): Promise<OutputOf<Name>>;
}

/** Runs the handlers here. */
export function inProcessClient(system: System, app: App): Client {
  return {
    async call<Name extends OperationName>(name: Name, input: InputOf<Name>) {
      const operation: Operation = operations[name];
      // The table ties each name to its own output, and runOperation has parsed the result against it.
      return (await runOperation(operation, input, { system, app })) as OutputOf<Name>;
    },
  };
}

/**
 * Calls a running `serve`.
 *
 * @param address  e.g. "http://127.0.0.1:7171"
 */
export function httpClient(address: string): Client {
  return {
    async call<Name extends OperationName>(name: Name, input: InputOf<Name>) {
      const { url, init } = requestOf(name, input, address);
      const response = await fetch(url, init).catch((cause: unknown) => {
        throw new UserError(`no answer from ${address}: ${describeError(cause)}`, {
          code: "UNREACHABLE",
          advice: "Is `foretop serve` still running? Its log says at which address it listens.",
          cause,
        });
      });
      const text = await response.text();
      const body = jsonOf(text, { address, status: response.status });
      if (!response.ok) throw errorOf(body, response.status);
      return body as OutputOf<Name>; // the service parses every answer against the declared output
    },
  };
}

function requestOf(name: OperationName, input: object, address: string): { url: URL; init: RequestInit } {
  const { method, path } = operations[name];
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined));
  const filled = path.replace(/:(\w+)/g, (_, field: string) => {
    const value = rest.get(field);
    rest.delete(field);
    return encodeURIComponent(String(value));
  });
  const url = new URL(filled, address);
  if (method === "POST") {
    const init = { method, headers: { "content-type": "application/json" }, body: JSON.stringify(Object.fromEntries(rest)) };
    return { url, init };
  }
  for (const [field, value] of rest) url.searchParams.set(field, String(value));
  return { url, init: { method } };
}

function jsonOf(text: string, { address, status }: { address: string; status: number }): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${address} answered ${status} with something that is not JSON`, {
      code: "UNREACHABLE",
      advice: "Another program may be listening there.",
      cause,
    });
  }
}

function errorOf(body: unknown, status: number): UserError {
  const { error } = body as { error?: { code?: string; message?: string; where?: string | null; advice?: string | null } };
  return new UserError(error?.message ?? `the service answered ${status}`, {
    code: error?.code ?? "INTERNAL",
    where: error?.where ?? null,
    advice: error?.advice ?? null,
  });
}
