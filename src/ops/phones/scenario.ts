import { audioPayload, eventPayload } from "./media.ts";

/**
 * SIPp scenarios as typed steps. A scenario file of SIPp cannot take the length of a pause or a list of keys as a
 * parameter, so the XML is made here, one file a run, and can be read in the run's folder.
 */

/** A time in milliseconds: fixed, anything between two bounds, or exponential around a mean. */
export type Span =
  | number
  | { readonly from: number; readonly to: number }
  | { readonly mean: number };

export interface CallerPlan {
  /** The user part that is dialled. */
  readonly called: string;
  /** The whole value of the From header, without tag. */
  readonly from: string;
  /** How long she stays once answered; absent: until the other side hangs up. */
  readonly stay?: Span;
  /** Gives up (CANCEL) when nobody has answered for so long. */
  readonly patienceMs?: number;
  /** A pcap file, played once from the answer on; see `media.ts`. */
  readonly media?: string;
}

export interface AgentPlan {
  /** Between the INVITE and what `then` says; the phone rings meanwhile. */
  readonly ring: Span;
  readonly then: "answer" | "busy" | "decline" | "ignore";
  /** How long she talks before she hangs up; absent: the other side hangs up. */
  readonly talk?: Span;
  readonly media?: string;
  /** What she hears is said again, at SIPp's one media port. */
  readonly echo?: boolean;
}

const xml = (name: string, body: readonly string[]): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE scenario SYSTEM "sipp.dtd">',
    `<scenario name="${name}">`,
    ...body,
    "</scenario>",
    "",
  ].join("\n");

function send(lines: readonly string[], options = ""): string {
  const text = lines.join("\n");
  if (text.includes("]]>")) throw new RangeError("a SIP message of a scenario cannot contain ]]>");
  return `<send${options}><![CDATA[\n\n${text}\n\n]]></send>`;
}

function pause(span: Span): string {
  if (typeof span === "number") return `<pause milliseconds="${Math.round(span)}"/>`;
  if ("mean" in span) return `<pause distribution="exponential" mean="${Math.round(span.mean)}"/>`;
  return `<pause distribution="uniform" min="${Math.round(span.from)}" max="${Math.round(span.to)}"/>`;
}

const play = (media: string | undefined): readonly string[] =>
  media === undefined ? [] : [`<nop><action><exec play_pcap_audio="${media}"/></action></nop>`];

const sdpAt = (port: string): readonly string[] => [
  "v=0",
  "o=phone 1 1 IN IP[local_ip_type] [local_ip]",
  "s=-",
  "c=IN IP[media_ip_type] [media_ip]",
  "t=0 0",
  `m=audio [${port}] RTP/AVP ${audioPayload} ${eventPayload}`,
  `a=rtpmap:${audioPayload} PCMA/8000`,
  `a=rtpmap:${eventPayload} telephone-event/8000`,
  `a=fmtp:${eventPayload} 0-16`,
  "a=sendrecv",
];
const sdp = sdpAt("auto_media_port");

const reply = (status: string, extra: readonly string[] = []): readonly string[] => [
  `SIP/2.0 ${status}`,
  "[last_Via:]",
  "[last_From:]",
  "[last_To:]",
  "[last_Call-ID:]",
  "[last_CSeq:]",
  ...(extra.length === 0 ? ["Content-Length: 0"] : extra),
];

/** A caller from outside: calls once, does her steps, hangs up or is hung up on. */
export function callerScenario(plan: CallerPlan): string {
  // A CANCEL, and the ACK of a failure, carry the branch and the To of the INVITE; the ACK of an answer does not.
  const request = (method: string, target: string, cseq: number, extra: readonly string[]) => [
    `${method} ${target} SIP/2.0`,
    target === "[next_url]"
      ? "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]-[run]"
      : "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[call_number]-[run]",
    `From: ${plan.from};tag=[run]S[call_number]`,
    method === "INVITE" || method === "CANCEL"
      ? `To: <sip:${plan.called}@[remote_ip]:[remote_port]>`
      : "[last_To:]",
    "Call-ID: [call_id]",
    `CSeq: ${cseq} ${method}`,
    "Max-Forwards: 70",
    ...extra,
  ];
  const target = `sip:${plan.called}@[remote_ip]:[remote_port]`;
  const invite = request("INVITE", target, 1, [
    "Contact: <sip:caller@[local_ip]:[local_port]>",
    "Content-Type: application/sdp",
    "Content-Length: [len]",
    "",
    ...sdp,
  ]);
  const empty = ["Content-Length: 0"];
  const patience =
    plan.patienceMs === undefined
      ? ""
      : ` timeout="${Math.round(plan.patienceMs)}" ontimeout="cancel"`;
  return xml("caller", [
    send(invite, ' retrans="500"'),
    '<recv response="100" optional="true"/>',
    '<recv response="180" optional="true"/>',
    '<recv response="183" optional="true"/>',
    '<recv request="BYE" optional="global" next="ended"/>',
    `<recv response="200" rrs="true"${patience}/>`,
    send(request("ACK", "[next_url]", 1, empty)),
    ...play(plan.media),
    ...(plan.stay === undefined
      ? ['<recv request="BYE" next="ended"/>']
      : [
          pause(plan.stay),
          send(request("BYE", "[next_url]", 2, empty), ' retrans="500"'),
          '<recv response="200" next="over"/>',
        ]),
    '<label id="cancel"/>',
    send(request("CANCEL", target, 1, empty), ' retrans="500"'),
    '<recv response="200"/>',
    '<recv response="487"/>',
    send(request("ACK", target, 1, empty), ' next="over"'),
    '<label id="ended"/>',
    send(reply("200 OK")),
    '<label id="over"/>',
  ]);
}

/**
 * Registers the phones of an injection file (extension; password) and does so again in time, for ever. With
 * `expiresS` 0: takes every registration of theirs back, once.
 */
export function registerScenario(expiresS: number): string {
  const request = (cseq: number, extra: readonly string[]) => [
    "REGISTER sip:[remote_ip]:[remote_port] SIP/2.0",
    "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]-[run]",
    "From: <sip:[field0]@[remote_ip]>;tag=[run]R[call_number]",
    "To: <sip:[field0]@[remote_ip]>",
    "Call-ID: [call_id]",
    `CSeq: ${cseq} REGISTER`,
    expiresS === 0 ? "Contact: *" : "Contact: <sip:[field0]@[local_ip]:[local_port]>",
    `Expires: ${expiresS}`,
    "Max-Forwards: 70",
    ...extra,
    "Content-Length: 0",
  ];
  return xml("agents", [
    '<label id="register"/>',
    send(request(1, []), ' retrans="500"'),
    '<recv response="401" auth="true"/>',
    send(request(2, ["[authentication username=[field0] password=[field1]]"]), ' retrans="500"'),
    '<recv response="200"/>',
    ...(expiresS === 0
      ? []
      : [`<pause milliseconds="${expiresS * 500}"/>`, '<nop next="register"/>']),
  ]);
}

const keep = (header: string, name: string): string =>
  `<ereg regexp=".+" search_in="hdr" header="${header}:" assign_to="${name}"/>`;

/** What an agent's phone does with each call that comes in. */
export function answerScenario(plan: AgentPlan): string {
  const contact = "Contact: <sip:agent@[local_ip]:[local_port]>";
  const tagged = (lines: readonly string[]) =>
    lines.map((line) => (line === "[last_To:]" ? "[last_To:];tag=[run]A[call_number]" : line));
  const refuse = (status: string) => [
    pause(plan.ring),
    send(tagged(reply(status)), ' retrans="500"'),
    '<recv request="ACK" next="over"/>',
  ];
  const answer = [
    pause(plan.ring),
    send(
      tagged(
        reply("200 OK", [
          contact,
          "Content-Type: application/sdp",
          "Content-Length: [len]",
          "",
          ...(plan.echo === true ? sdpAt("media_port") : sdp),
        ]),
      ),
      ' retrans="500"',
    ),
    `<recv request="ACK"><action>${keep("From", "them")}${keep("To", "us")}</action></recv>`,
    ...play(plan.media),
  ];
  const hangup = [
    send(
      [
        "BYE [next_url] SIP/2.0",
        // SIPp numbers all calls that come in 0: without the call's id two of them would be one transaction.
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]-[call_id]",
        "From:[$us]",
        "To:[$them]",
        "Call-ID: [call_id]",
        "CSeq: 1 BYE",
        "Max-Forwards: 70",
        "Content-Length: 0",
      ],
      ' retrans="500"',
    ),
    '<recv response="200" next="over"/>',
  ];
  const awaited = ['<recv request="BYE" next="ended"/>', '<Reference variables="us,them"/>'];
  const middle = {
    busy: refuse("486 Busy Here"),
    decline: refuse("603 Decline"),
    ignore: ['<recv request="CANCEL" next="cancelled"/>'],
    answer: [...answer, ...(plan.talk === undefined ? awaited : [pause(plan.talk), ...hangup])],
  }[plan.then];
  return xml("agent", [
    '<recv request="CANCEL" optional="global" next="cancelled"/>',
    '<recv request="BYE" optional="global" next="ended"/>',
    `<recv request="INVITE" rrs="true"><action>${keep("CSeq", "asked")}</action></recv>`,
    send(tagged(reply("180 Ringing", [contact, "Content-Length: 0"]))),
    ...middle,
    '<label id="cancelled"/>',
    send(reply("200 OK")),
    send(
      tagged(reply("487 Request Terminated")).map((line) =>
        line === "[last_CSeq:]" ? "CSeq:[$asked]" : line,
      ),
      ' retrans="500"',
    ),
    '<recv request="ACK" next="over"/>',
    '<label id="ended"/>',
    send(reply("200 OK")),
    '<label id="over"/>',
  ]);
}
