/** An OpenAPI 3.1 document of groups of described routes. https://spec.openapis.org/oas/v3.1.1 */
import manifest from "../../package.json" with { type: "json" };
import type { Answer, Group, JsonBody, JsonSchema, Method, Operation } from "./description.ts";
import {
  COMMON_PROBLEMS,
  GUARD_PROBLEMS,
  joinProblems,
  meaningOf,
  PROBLEMS,
  problemSchema,
} from "./problems.ts";
import { componentSchemas, refTo } from "./schemas.ts";
import { ADMIN, SECURITY_SCHEMES } from "./security.ts";

export interface OpenApiDocument {
  openapi: string;
  info: JsonSchema;
  servers: { url: string; description: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Partial<Record<Method, OpenApiOperation>>>;
  components: {
    schemas: Record<string, JsonSchema>;
    examples: Record<string, Example>;
    securitySchemes: Record<string, JsonSchema>;
  };
}

interface Example {
  summary?: string;
  value: unknown;
}

interface Content {
  schema: JsonSchema;
  examples: Record<string, Example | { $ref: string }>;
}

interface OpenApiResponse {
  description: string;
  headers?: Record<string, { description: string; schema: JsonSchema }>;
  content?: Record<string, Content>;
}

export interface OpenApiOperation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: JsonSchema[];
  requestBody?: { description?: string; required: boolean; content: Record<string, Content> };
  responses: Record<string, OpenApiResponse>;
}

/** @param server address of the base path, relative to the document's own */
export function toDocument(
  about: { title: string; description: string; server: string },
  groups: readonly Group[],
): OpenApiDocument {
  const requests = Object.assign({}, ...groups.map((group) => group.requests));
  const answers = Object.assign({ Problem: problemSchema }, ...groups.map((group) => group.answers));
  const paths = Object.fromEntries(groups.flatMap((group) => pathsOf(group)));
  const used = JSON.stringify(Object.values(paths));
  return {
    openapi: "3.1.1",
    info: {
      title: about.title,
      version: manifest.version,
      description: about.description,
      license: { name: manifest.license, identifier: manifest.license },
    },
    servers: [{ url: about.server, description: "Where this document comes from" }],
    tags: groups.map(({ tag, description }) => ({ name: tag, description })),
    paths,
    components: {
      schemas: componentSchemas(requests, answers),
      examples: problemExamples(used),
      securitySchemes: Object.fromEntries(
        Object.entries(SECURITY_SCHEMES).filter(([name]) => used.includes(`"${name}"`)),
      ),
    },
  };
}

function pathsOf({ tag, paths }: Group): [string, Partial<Record<Method, OpenApiOperation>>][] {
  return Object.entries(paths).map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods).map(([method, operation]) => [method, operationOf(tag, path, operation)]),
    ),
  ]);
}

function operationOf(tag: string, path: string, operation: Operation): OpenApiOperation {
  const { id, summary, description, security, parameters, body } = operation;
  return {
    operationId: id,
    summary,
    ...(description && { description }),
    tags: [tag],
    security: security.map((schemes) => Object.fromEntries(schemes.map((scheme) => [scheme, []]))),
    ...(parameters && {
      parameters: parameters.map((p) => (p.in === "path" ? { ...p, required: true } : { ...p })),
    }),
    ...(body && {
      requestBody: {
        ...(body.description && { description: body.description }),
        required: true,
        content: { "application/json": jsonContent(body) },
      },
    }),
    responses: responsesOf(path, operation),
  };
}

function responsesOf(path: string, operation: Operation): Record<string, OpenApiResponse> {
  const responses: Record<string, OpenApiResponse> = {};
  for (const [status, answer] of Object.entries(operation.answers)) responses[status] = answerOf(answer);
  const common = path === "/health" ? {} : COMMON_PROBLEMS;
  const guarded = operation.security === ADMIN ? GUARD_PROBLEMS : {};
  for (const [status, codes] of joinProblems(...[operation.problems ?? []].flat(), guarded, common)) {
    const problem = problemOf(status, codes);
    const answer = responses[status];
    responses[status] = answer
      ? {
          ...answer,
          description: `${answer.description} Or a problem: ${problem.description}`,
          headers: { ...answer.headers, ...problem.headers },
          content: { ...answer.content, ...problem.content },
        }
      : problem;
  }
  return responses;
}

const TEXT = { type: "string" };

function answerOf({ description, json, text = {}, headers = {} }: Answer): OpenApiResponse {
  const content: Record<string, Content> = json ? { "application/json": jsonContent(json) } : {};
  for (const [type, example] of Object.entries(text)) {
    content[type] = { schema: TEXT, examples: { example: { value: example } } };
  }
  return {
    description,
    ...(Object.keys(headers).length > 0 && { headers: headersOf(headers) }),
    ...(Object.keys(content).length > 0 && { content }),
  };
}

const jsonContent = ({ schema, examples }: JsonBody): Content => ({
  schema: refTo(schema),
  examples: Object.fromEntries(
    Object.entries(examples).map(([title, value]) => [
      title.replaceAll(/[^A-Za-z0-9]+/g, "_"),
      { summary: title, value },
    ]),
  ),
});

const headersOf = (headers: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: TEXT }]),
  );

/** Headers that come with a problem of this status. */
const PROBLEM_HEADERS: Record<string, Record<string, string>> = {
  401: { "WWW-Authenticate": "How to authenticate." },
  503: { "Retry-After": "Seconds to wait before the request is sent again." },
};

function problemOf(status: string, codes: readonly string[]): OpenApiResponse {
  const headers = PROBLEM_HEADERS[status];
  return {
    description: codes.map((code) => `\`${code}\`: ${meaningOf(status, code)}`).join(" "),
    ...(headers && { headers: headersOf(headers) }),
    content: {
      "application/problem+json": {
        schema: { allOf: [refTo("Problem"), { properties: { code: { enum: codes } } }] },
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: exampleRef(status, code) }])),
      },
    },
  };
}

const exampleRef = (status: string, code: string) => `#/components/examples/${status}_${code}`;

/** The examples of problems that are referred to, each once. @param used all paths as JSON text */
function problemExamples(used: string): Record<string, Example> {
  const examples: Record<string, Example> = {};
  for (const [status, codes] of Object.entries(PROBLEMS)) {
    for (const [code, detail] of Object.entries(codes)) {
      if (!used.includes(`"${exampleRef(status, code)}"`)) continue;
      examples[`${status}_${code}`] = { value: problemExample(Number(status), code, detail) };
    }
  }
  return examples;
}

/** As src/core/problem.ts writes it; src/release/publish.ts adds the issues of a release. */
const problemExample = (status: number, code: string, detail: string) => ({
  type: `urn:doorstep:problem:${code}`,
  title: code.replaceAll("_", " "),
  status,
  code,
  detail,
  ...(code === "invalid_release" && {
    issues: [{ path: "slots.hero.fallback", message: 'there is no content "hero-default"' }],
  }),
});
