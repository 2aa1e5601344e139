// node language.mjs PACKAGES DESCRIPTOR: answers a line of JSON for a line of JSON: what a workflow or an action
// says, and what an expression evaluates to. Meaning is GitHub's own packages' throughout.
import { createInterface } from "node:readline";
import { Socket } from "node:net";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(process.argv[2] + "/node_modules/" + name));
const { data, Evaluator, Lexer, Parser } = await load("@actions/expressions/dist/index.js");
const root = "@actions/workflow-parser/dist/";
const { convertWorkflowTemplate, parseWorkflow, NoOperationTraceWriter } = await load(root + "index.js");
const { parseAction } = await load(root + "actions/action-parser.js");
const { convertToIfCondition } = await load(root + "model/converter/if-condition.js");
const YAML = (await load("yaml/dist/index.js")).default;
const tokens = await load(root + "templates/tokens/type-guards.js");

// Literals as they are, an expression as {"$": text}: text around it has become format(...).
function plain(token, context) {
  if (tokens.isBasicExpression(token)) return { $: token.expression };
  if (tokens.isSequence(token)) return [...token].map((item) => plain(item, context));
  if (!tokens.isMapping(token)) {
    if (tokens.isLiteral(token)) return token.value ?? null;
    throw new Error(`not modelled: ${token.typeName()} in line ${token.line}`);
  }
  const members = [...token].map(({ key, value }) => {
    const condition = key.toString() === "if" && tokens.isScalar(value);
    return [key.toString(), plain(condition ? convertToIfCondition(context, value) : value, context)];
  });
  return Object.fromEntries(members);
}

// Twice: as it is, for messages with lines; and as JSON, which is YAML too, because an expression in
// a block scalar keeps the source's indentation and line ends in 0.3.61 (GitHub folds it).
async function read(parse, { name, content }, convert) {
  const asIs = parse({ name, content }, new NoOperationTraceWriter());
  const errors = (context) => context.errors.getErrors().map((error) => error.message);
  if (errors(asIs.context).length === 0) await convert?.(asIs.context, asIs.value);
  if (errors(asIs.context).length > 0) return { errors: errors(asIs.context) };
  const json = JSON.stringify(YAML.parse(content));
  const { context, value } = parse({ name, content: json }, new NoOperationTraceWriter());
  const said = plain(value, context);
  return errors(context).length > 0 ? { errors: errors(context) } : { said };
}

function toData(value) {
  if (value === null || value === undefined) return new data.Null();
  if (typeof value === "string") return new data.StringData(value);
  if (typeof value === "number") return new data.NumberData(value);
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  return new data.Dictionary(...Object.entries(value).map(([key, one]) => ({ key, value: toData(one) })));
}

function evaluate({ expression, contexts, status }) {
  const answers = { ...status, always: true };
  const functions = Object.entries(answers).map(([name, answer]) => ({
    name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(answer),
  }));
  const tree = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), functions).parse();
  const byName = new Map(functions.map((one) => [one.name, one]));
  const result = new Evaluator(tree, toData(contexts), byName).evaluate();
  return { value: JSON.parse(JSON.stringify(result, data.replacer)), text: result.coerceString(), true: truth(result) };
}

// As for `if`: only these are false.
function truth(value) {
  const bare = JSON.parse(JSON.stringify(value, data.replacer));
  return !(bare === null || bare === false || bare === 0 || bare === "" || Number.isNaN(value.value));
}

const calls = {
  workflow: (asked) => read(parseWorkflow, asked, convertWorkflowTemplate),
  action: (asked) => read(parseAction, asked),
  evaluate,
};
const line = new Socket({ fd: Number(process.argv[3]) });
for await (const text of createInterface({ input: line })) {
  let answer;
  try {
    const asked = JSON.parse(text);
    answer = await calls[asked.call](asked);
  } catch (error) {
    answer = { errors: [String(error.message ?? error)] };
  }
  line.write(JSON.stringify(answer) + "\n");
}
