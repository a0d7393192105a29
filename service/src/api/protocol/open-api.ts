/** The OpenAPI 3.1 document of the table of operations: what editors, generators and people read. */
import { z } from "zod";
import type { Operation } from "../operation.ts";

type Schema = Record<string, unknown>;

export function openApi(operations: readonly Operation[], { version }: { version: string }): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Foretop",
      version,
      description:
        "Detectors, anomaly groups, their series and evidence. Instants are ISO 8601 in UTC, severities run from 0 to 100, a missing number is null.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths,
    components: { schemas: { Error: ERROR_SCHEMA } },
  };
}

function describe({ name, method, path, doc, input, output }: Operation): Record<string, unknown> {
  const { properties = {}, required = [] } = schemaOf(input, "input") as { properties?: Record<string, Schema>; required?: string[] };
  const inPath = new Set([...path.matchAll(/:(\w+)/g)].map(([, field]) => field!));
  const rest = Object.keys(properties).filter((field) => !inPath.has(field));
  const parameter = (field: string, place: "path" | "query") => {
    const { description, ...schema } = properties[field]!;
    return { name: field, in: place, required: place === "path" || required.includes(field), ...(description !== undefined && { description }), schema };
  };
  const parameters = [
    ...[...inPath].map((field) => parameter(field, "path")),
    ...(method === "POST" ? [] : rest.map((field) => parameter(field, "query"))),
  ];
  return {
    operationId: name,
    description: doc,
    ...(parameters.length > 0 && { parameters }),
    ...(method === "POST" && rest.length > 0 && { requestBody: bodyOf(rest, properties, required) }),
    responses: {
      200: { description: "Done.", content: { "application/json": { schema: schemaOf(output, "output") } } },
      default: { description: "Refused or failed.", content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } } },
    },
  };
}

function bodyOf(fields: readonly string[], properties: Record<string, Schema>, required: readonly string[]) {
  const schema = {
    type: "object",
    properties: Object.fromEntries(fields.map((field) => [field, properties[field]!])),
    required: fields.filter((field) => required.includes(field)),
    additionalProperties: false,
  };
  return { required: true, content: { "application/json": { schema } } };
}

function schemaOf(type: z.ZodType, io: "input" | "output"): Schema {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, target: "draft-2020-12" }) as Schema;
  return schema;
}

const ERROR_SCHEMA = {
  type: "object",
  properties: {
    error: {
      type: "object",
      properties: {
        code: { type: "string", description: "INVALID, NOT_FOUND, CONFLICT, DUPLICATE, FORBIDDEN, LIMIT, SOURCE, INTERNAL …" },
        message: { type: "string", description: "what was wrong" },
        where: { type: ["string", "null"], description: "the field, or the file with line and column" },
        advice: { type: ["string", "null"], description: "what would be right" },
      },
      required: ["code", "message", "where", "advice"],
    },
  },
  required: ["error"],
};
