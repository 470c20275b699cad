import { element } from "/assets/dom.js";

/** The API's documentation, made in the browser from `/openapi.json`. */
const $ = (id) => document.getElementById(id);

/** A schema in one line for people. */
function words(schema, all) {
  if (schema === undefined) return "";
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1);
    const values = all[name]?.enum;
    return values === undefined ? name : values.join(" | ");
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.join(" | ");
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return either.map((each) => words(each, all)).join(" | ");
  if (schema.type === "array") return `list of ${words(schema.items, all)}`;
  return [schema.type, schema.format].filter(Boolean).join(", ");
}

/** An example of what a schema describes, deep enough to be read. */
function sample(schema, all, depth = 0) {
  if (schema?.$ref !== undefined) return sample(all[schema.$ref.split("/").at(-1)], all, depth);
  if (schema?.const !== undefined) return schema.const;
  if (schema?.enum !== undefined) return schema.enum[0];
  const either = schema?.anyOf ?? schema?.oneOf;
  if (either !== undefined) return sample(either[0], all, depth);
  if (schema?.format === "date-time") return "2026-11-20T08:30:00.000Z";
  switch (schema?.type) {
    case "object":
      if (depth > 4) return {};
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([key, value]) => [
          key,
          sample(value, all, depth + 1),
        ]),
      );
    case "array":
      return [sample(schema.items, all, depth + 1)];
    case "number":
    case "integer":
      return 1;
    case "boolean":
      return true;
    default:
      return "text";
  }
}

function routeCard(method, path, operation, all) {
  const fields = new Map();
  for (const { name, in: place, schema, required } of operation.parameters) {
    fields.set(name, { place, schema, required });
  }
  const body = operation.requestBody?.content["application/json"].schema;
  for (const [name, schema] of Object.entries(body?.properties ?? {})) {
    const place = fields.has(name) ? "query or body" : "body";
    fields.set(name, { place, schema, required: body.required?.includes(name) ?? false });
  }
  const [[status, good]] = Object.entries(operation.responses);
  const schema = good.content?.["application/json"]?.schema;
  return element("details", { class: "card route" }, [
    element("summary", {}, [
      element("code", {}, [`${method.toUpperCase()} ${path}`]),
      element("span", {}, [operation.summary]),
    ]),
    element("p", { class: "small" }, [operation.description]),
    fields.size === 0
      ? ""
      : element("table", {}, [
          element("tbody", {}, [
            ...[...fields].map(([name, field]) =>
              element("tr", {}, [
                element("th", { scope: "row" }, [name]),
                element("td", {}, [field.place + (field.required ? ", required" : "")]),
                element("td", {}, [words(field.schema, all)]),
                element("td", {}, [field.schema.description ?? ""]),
              ]),
            ),
          ]),
        ]),
    element("p", { class: "small" }, [
      schema === undefined
        ? `${status}: ${Object.keys(good.content ?? {}).join(", ")}`
        : `${status}:`,
    ]),
    schema === undefined ? "" : element("pre", {}, [JSON.stringify(sample(schema, all), null, 2)]),
  ]);
}

async function start() {
  const document = await (await fetch("/openapi.json")).json();
  const all = document.components.schemas;
  $("about").textContent = `${document.info.description} Version ${document.info.version}.`;
  const byTag = new Map();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const [tag] = operation.tags;
      byTag.set(tag, [...(byTag.get(tag) ?? []), routeCard(method, path, operation, all)]);
    }
  }
  for (const [tag, cards] of byTag) {
    $("routes").append(
      element("section", {}, [element("h2", {}, [tag[0].toUpperCase() + tag.slice(1)]), ...cards]),
    );
  }
  const socket = document["x-websocket"];
  $("socket").append(
    element("p", {}, [element("code", {}, [socket.path]), ` ${socket.summary}`]),
    element(
      "ul",
      {},
      socket.received.oneOf.map((message) =>
        element("li", {}, [
          element("code", {}, [message.properties.type.const]),
          ` ${words(message.properties.data, all)}`,
        ]),
      ),
    ),
  );
  for (const [code, { status, title, advice }] of Object.entries(document["x-problems"])) {
    $("problems").append(
      element("tr", { id: `problem-${code}` }, [
        element("td", {}, [status]),
        element("td", {}, [element("code", {}, [code])]),
        element("td", {}, [title]),
        element("td", {}, [advice]),
      ]),
    );
  }
}

start().catch(() => {
  $("about").textContent = "The description of the API could not be read. Load this page again.";
});
