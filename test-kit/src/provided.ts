/** What the tests' global setup provides. */
import "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    /** address of the maintenance database of the server that the tests share */
    postgresUrl: string;
  }
}
