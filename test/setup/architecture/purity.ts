/**
 * A pure file is given its clock, its randomness and its `fetch`. This finds where one takes them by itself: a use of
 * the global, not of a parameter or a variable of the same name.
 */
import type { Node, SourceFile } from "./source-files.ts";

/** Files at the edges, which may; those right under `src/` wire everything together. */
const EDGES = [
  /\/(routes|consumer|store|tables|live-tail|schedule)\.ts$/,
  /-object\.ts$/,
  /^src\/[^/]+\.ts$/,
  /^src\/browser\//,
  /^src\/console\/page\//,
];

/** Folders that make keys and ids. */
const RANDOM_FOLDERS = /^src\/(privacy|door)\//;

/** Members of globals that no pure file reads. */
const FORBIDDEN: Record<string, readonly string[]> = {
  Date: ["now"],
  Math: ["random"],
  crypto: ["randomUUID"],
};

/** Ways to reach a global around its name. */
const GLOBAL_OBJECTS = ["globalThis", "self"];

/** Whether a file may use clock, randomness and `fetch` as it likes. */
const isEdge = (path: string): boolean => EDGES.some((pattern) => pattern.test(path));

/** What the file uses and may not, one line each. */
export function impurities({ path, program }: SourceFile): string[] {
  const found: string[] = [];
  walk(program, [declaredIn(program)], (node, isLocal) => {
    const used = globalUse(node, isLocal);
    if (used === undefined) return;
    if (used === "crypto.getRandomValues") {
      if (!isEdge(path) && !RANDOM_FOLDERS.test(path))
        found.push(`${path} uses ${used}: only privacy and door may`);
    } else if (!isEdge(path)) {
      found.push(`${path} uses ${used}: it must be passed in`);
    }
  });
  return found;
}

/** The impure global that a node uses, in words. */
function globalUse(node: Node, isLocal: (name: string) => boolean): string | undefined {
  if (node.type === "MemberExpression") {
    const object = node.object as Node;
    const member = memberName(node);
    if (member === undefined) return undefined;
    const owner = globalName(object, isLocal);
    if (owner === undefined) return undefined;
    if (owner === "crypto" && member === "getRandomValues") return "crypto.getRandomValues";
    if (FORBIDDEN[owner]?.includes(member)) return `${owner}.${member}`;
    return GLOBAL_OBJECTS.includes(owner) && member === "fetch" ? "global fetch" : undefined;
  }
  if (
    (node.type === "NewExpression" || node.type === "CallExpression") &&
    (node.arguments as Node[]).length === 0
  ) {
    const callee = node.callee as Node;
    if (globalName(callee, isLocal) === "Date")
      return node.type === "NewExpression" ? "new Date()" : "Date()";
  }
  return undefined;
}

/** The name of a global that an expression denotes: `crypto`, or `globalThis.crypto`. */
function globalName(node: Node, isLocal: (name: string) => boolean): string | undefined {
  if (node.type === "Identifier") {
    const name = node.name as string;
    return isLocal(name) ? undefined : name;
  }
  if (node.type !== "MemberExpression") return undefined;
  const object = node.object as Node;
  if (object.type !== "Identifier" || !GLOBAL_OBJECTS.includes(object.name as string)) return undefined;
  return memberName(node);
}

/** `name` of `x.name` and of `x["name"]`. */
function memberName(node: Node): string | undefined {
  const property = node.property as Node;
  if (!node.computed) return property.name as string | undefined;
  return property.type === "Literal" && typeof property.value === "string" ? property.value : undefined;
}

type Visit = (node: Node, isLocal: (name: string) => boolean) => void;

/** Visits every expression with the names that are declared around it. A bare `fetch` is reported by its own node. */
function walk(node: Node, scopes: readonly ReadonlySet<string>[], visit: Visit): void {
  const isLocal = (name: string) => scopes.some((scope) => scope.has(name));
  visit(node, isLocal);
  for (const [key, child] of children(node)) {
    if (
      child.type === "Identifier" &&
      child.name === "fetch" &&
      isReference(node, key) &&
      !isLocal("fetch")
    ) {
      visit(
        { type: "MemberExpression", object: { type: "Identifier", name: "self" }, property: child },
        () => false,
      );
    }
    walk(child, isScope(child) ? [...scopes, declaredIn(child)] : scopes, visit);
  }
}

/** Whether a child of this key is a value, and not a name of a property, a parameter or a type. */
function isReference(parent: Node, key: string): boolean {
  if (parent.type.startsWith("TS")) return parent.type === "TSAsExpression" && key === "expression";
  if (key === "property" || key === "key") return Boolean(parent.computed);
  if (parent.type === "ImportSpecifier" || parent.type === "ExportSpecifier") return false;
  return true;
}

const isScope = (node: Node): boolean =>
  /Function|^BlockStatement$|^For|^CatchClause$|^MethodDefinition$/.test(node.type);

/** Names that a function, a block or a module declares itself: parameters, variables, functions, classes, imports. */
function declaredIn(scope: Node): Set<string> {
  const names = new Set<string>();
  for (const parameter of listOf(scope.params)) bind(parameter, names);
  if (scope.param) bind(scope.param as Node, names);
  const body = scope.body as Node | Node[] | undefined;
  const statements = Array.isArray(body) ? body : body?.type === "BlockStatement" ? listOf(body.body) : [];
  const heads = [scope.init, scope.left].filter((head) => head !== undefined && head !== null) as Node[];
  for (const statement of [...statements, ...heads]) {
    const declaration = (statement.declaration as Node | null | undefined) ?? statement;
    if (declaration.type === "VariableDeclaration") {
      for (const { id } of listOf(declaration.declarations)) bind(id as Node, names);
    } else if (/^(Function|Class)Declaration$/.test(declaration.type) && declaration.id) {
      bind(declaration.id as Node, names);
    } else if (declaration.type === "ImportDeclaration") {
      for (const { local } of listOf(declaration.specifiers)) bind(local as Node, names);
    }
  }
  return names;
}

/** Adds every name that a pattern binds. */
function bind(pattern: Node, names: Set<string>): void {
  switch (pattern.type) {
    case "Identifier":
      names.add(pattern.name as string);
      return;
    case "AssignmentPattern":
      bind(pattern.left as Node, names);
      return;
    case "RestElement":
      bind(pattern.argument as Node, names);
      return;
    case "TSParameterProperty":
      bind(pattern.parameter as Node, names);
      return;
    case "ArrayPattern":
      for (const element of listOf(pattern.elements)) bind(element, names);
      return;
    case "ObjectPattern":
      for (const property of listOf(pattern.properties))
        bind((property.value as Node | undefined) ?? property, names);
  }
}

const listOf = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

function children(node: Node): [string, Node][] {
  return Object.entries(node).flatMap(([key, value]): [string, Node][] =>
    Array.isArray(value)
      ? value.filter(isNode).map((child) => [key, child])
      : isNode(value)
        ? [[key, value]]
        : [],
  );
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
