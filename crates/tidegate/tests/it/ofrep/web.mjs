// OpenFeature's SDK for browsers with its OFREP provider, which keeps a copy of all switches: fetched again every so often, or
// when the event stream says so. Answers each question on standard input with one line of JSON.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { CLIENTS, SERVER, KEY, CHANGES } = process.env;
const installed = createRequire(`${CLIENTS}/`);
const { OpenFeature } = installed("@openfeature/web-sdk");
const { OFREPWebProvider } = installed("@openfeature/ofrep-web-provider");
if (CHANGES === "sse") {
  globalThis.EventSource = installed("eventsource").EventSource;
}

const statuses = {};
const counted = async (...asked) => {
  const answer = await fetch(...asked);
  statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
  return answer;
};
await OpenFeature.setContext({ targetingKey: "visitor-7", country: "DE" });
await OpenFeature.setProviderAndWait(
  new OFREPWebProvider({
    baseUrl: SERVER,
    headers: [["Authorization", `Bearer ${KEY}`]],
    fetchImplementation: counted,
    pollInterval: CHANGES === "sse" ? 0 : 100,
    cacheMode: "disabled",
  }),
);
const client = OpenFeature.getClient();

for await (const line of createInterface({ input: process.stdin })) {
  const { flag, otherwise } = JSON.parse(line);
  const told =
    typeof otherwise === "boolean"
      ? client.getBooleanDetails(flag, otherwise)
      : client.getStringDetails(flag, otherwise);
  const { value, variant, reason, errorCode } = told;
  console.log(JSON.stringify({ value, variant, reason, error: errorCode, statuses }));
}
process.exit(0);
