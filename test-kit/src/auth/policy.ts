/**
 * IAM policies, as far as a printed least-privilege policy goes: Allow and Deny, wildcards in actions and resources, and
 * the conditions that such policies have. An explicit Deny wins, then an Allow, else no.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export interface PolicyDocument {
  readonly Version: string;
  readonly Statement: readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What a call wants to do; `context` has the condition keys that apply to it. */
export interface Wanted {
  /** e.g. s3:GetObject */
  readonly action: string;
  /** an ARN, or "*" for actions without resources */
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

export function isAllowed(policy: PolicyDocument | null, wanted: Wanted): boolean {
  if (policy === null) return true;
  const fitting = policy.Statement.filter((statement) => fits(statement, wanted));
  return fitting.some(({ Effect }) => Effect === "Allow") && !fitting.some(({ Effect }) => Effect === "Deny");
}

function fits(statement: PolicyStatement, { action, resource, context = {} }: Wanted): boolean {
  return (
    listOf(statement.Action).some((pattern) => isLike(action, pattern, "i")) &&
    listOf(statement.Resource).some((pattern) => isLike(resource, filled(pattern, context))) &&
    Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => holds(operator, contextValue(context, key), listOf(values).map((value) => filled(value, context)))),
    )
  );
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
function holds(operator: string, value: string | undefined, expected: readonly string[]): boolean {
  const isOptional = operator.endsWith("IfExists");
  if (value === undefined) return isOptional;
  switch (isOptional ? operator.slice(0, -"IfExists".length) : operator) {
    case "StringEquals":
      return expected.includes(value);
    case "StringLike":
    case "ArnLike":
    case "ArnEquals":
      return expected.some((pattern) => isLike(value, pattern));
    case "Bool":
      return expected.some((wanted) => wanted.toLowerCase() === value.toLowerCase());
    default:
      throw new Error(`the kit does not know the condition operator ${operator}`);
  }
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html: ${aws:userid} and the like */
function filled(text: string, context: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{([\w:/-]+)\}/g, (whole, key: string) => contextValue(context, key) ?? whole);
}

/** Keys of conditions are not case-sensitive. */
function contextValue(context: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

/** `*` is any number of characters, `?` exactly one. */
function isLike(text: string, pattern: string, flags = ""): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`).replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`, `s${flags}`).test(text);
}
