// Runs pieces of TypeScript one after another, as each would run alone: reads JSON lines with `file` and `variables`, answers what
// was printed. Node takes the types off by itself. One process for all of them, since starting it takes longer than they do.

import { createInterface } from "node:readline";
import { format } from "node:util";
import { pathToFileURL } from "node:url";

const write = process.stdout.write.bind(process.stdout);
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  Object.assign(process.env, asked.variables);
  let printed = "";
  let error = "";
  console.log = (...values) => {
    printed += format(...values) + "\n";
  };
  try {
    await import(pathToFileURL(asked.file).href);
  } catch (failure) {
    error = String(failure?.stack ?? failure);
  }
  write(JSON.stringify({ printed, error }) + "\n");
}
