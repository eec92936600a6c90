// OpenFeature's server SDK with its OFREP provider. Answers each question on standard input with one line of JSON.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { CLIENTS, SERVER, KEY } = process.env;
const installed = createRequire(`${CLIENTS}/`);
const { OpenFeature } = installed("@openfeature/server-sdk");
const { OFREPProvider } = installed("@openfeature/ofrep-provider");

const headers = [["Authorization", `Bearer ${KEY}`]];
await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: SERVER, headers }));
const client = OpenFeature.getClient();

for await (const line of createInterface({ input: process.stdin })) {
  const { flag, otherwise } = JSON.parse(line);
  const context = { targetingKey: "visitor-7", country: "DE", basket: 3 };
  const told =
    typeof otherwise === "boolean"
      ? await client.getBooleanDetails(flag, otherwise, context)
      : await client.getStringDetails(flag, otherwise, context);
  const { value, variant, reason, errorCode } = told;
  console.log(JSON.stringify({ value, variant, reason, error: errorCode }));
}
