import type { z } from "zod";
import { callStreamPath, callStreamSchema } from "./call-stream.ts";
import { jsonSchema, sorted } from "./openapi.ts";
import { phoneInputSchema, phonePath, phoneUpdateSchema } from "./phone-updates.ts";
import { authMessageSchema, closeCodes, updateSchema, updatesPath } from "./updates.ts";

type Json = Record<string, unknown>;

/** A live socket: where it is, and what goes over it. */
interface Channel {
  readonly name: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters?: Json;
  readonly query?: z.ZodType;
  readonly told: z.ZodDiscriminatedUnion<readonly z.ZodObject[]>;
}

const channels: readonly Channel[] = [
  {
    name: "updates",
    path: updatesPath,
    summary: "All that happens in the centre",
    description:
      "Everybody who is signed in may listen; what people say in calls is kept from viewers.",
    told: updateSchema,
  },
  {
    name: "phone",
    path: phonePath,
    summary: "What concerns one telephone",
    description: "An agent may listen for her own extension, supervisors and admins for any.",
    query: phoneInputSchema,
    told: phoneUpdateSchema,
  },
  {
    name: "call",
    path: callStreamPath,
    summary: "One call, until it has ended",
    description:
      "Everybody who may read the call may listen. The server closes with 1000 behind the last message; of a call that there is not, the request is answered with 404.",
    parameters: { session_id: { description: "the id of the call" } },
    told: callStreamSchema,
  },
];

/** The live sockets as an AsyncAPI 3 document. The same schemas always give the same document. */
export function asyncapiDocument(version: string): Json {
  const schemas: Json = {};
  const messages: Json = {
    auth: {
      name: "auth",
      title: "A token, first or anew",
      payload: jsonSchema(authMessageSchema, "input", schemas),
    },
  };
  const described = channels.map((channel) => describe(channel, schemas, messages));
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Kituo, live",
      version,
      description:
        "The WebSockets of the contact centre, which are views of one stream of messages. The token goes into the Authorization header, the query parameter token, or a first message. Each connection numbers its messages 1, 2, 3, ...; a reader passes over types that it does not know.",
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    channels: Object.fromEntries(described.map(({ name, channel }) => [name, channel])),
    operations: Object.fromEntries(described.flatMap(({ operations }) => operations)),
    components: {
      schemas: sorted(schemas),
      messages: sorted(messages),
      securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
    "x-close-codes": closeCodes,
  };
}

const security = [{ $ref: "#/components/securitySchemes/token" }];

function describe(channel: Channel, schemas: Json, messages: Json) {
  const { name, path, summary, description, parameters, query, told } = channel;
  const types = told.options.map((option) => {
    const type = typeOf(option);
    // Keys of components have no colon.
    const key = `${name}.${type.replaceAll(":", ".")}`;
    messages[key] = { name: type, payload: jsonSchema(option, "output", schemas) };
    return key;
  });
  const refer = (key: string) => ({ $ref: `#/components/messages/${key}` });
  const own = { $ref: `#/channels/${name}` };
  const inChannel = (key: string) => ({ $ref: `#/channels/${name}/messages/${key}` });
  const operations: [string, Json][] = [
    [
      `${name}.receive`,
      { action: "send", channel: own, summary, security, messages: types.map(inChannel) },
    ],
    [
      `${name}.authenticate`,
      {
        action: "receive",
        channel: own,
        summary: "Says who listens, first or anew",
        security,
        messages: [inChannel("auth")],
      },
    ],
  ];
  const asked = query === undefined ? {} : jsonSchema(query, "input", schemas);
  return {
    name,
    operations,
    channel: {
      address: path,
      summary,
      description,
      ...(parameters === undefined ? {} : { parameters }),
      messages: Object.fromEntries([...types, "auth"].map((key) => [key, refer(key)])),
      bindings: { ws: { method: "GET", query: queryOf(asked) } },
    },
  };
}

/** What may stand in the query string of every socket, and of this one. */
function queryOf(asked: Json): Json {
  return {
    type: "object",
    ...(asked["required"] === undefined ? {} : { required: asked["required"] }),
    properties: {
      ...(asked["properties"] as Json | undefined),
      token: { type: "string", description: "where no header can be sent" },
      resume: {
        type: "string",
        description:
          "the resume of the last message: what came after it follows, if it is still known",
      },
    },
  };
}

function typeOf({ shape }: z.ZodObject): string {
  const [value] = (shape["type"] as z.ZodLiteral<string>).values;
  if (value === undefined) throw new Error("a message of a live socket has no type");
  return value;
}
