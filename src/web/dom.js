/** The few things that the pages do to the document. */
/** A state in colour and in words, because colour alone says nothing to some people. */
export function badge(kind, state, words) {
  return element("span", { class: "badge", "data-kind": kind, "data-state": state }, [words]);
}

/** An element with text and elements in it; text is only ever text. */
export function element(tag, attributes, children = []) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return made;
}

/** Makes the children of a list be these items, touching only those that changed. */
export function sync(list, items, key, make) {
  const known = new Map([...list.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, index) => {
    const made = make(item);
    made.dataset.key = item[key];
    const old = known.get(item[key]);
    known.delete(item[key]);
    // Running times differ in their text only: a child that is otherwise the same stays.
    const isSame = old !== undefined && signature(old) === signature(made);
    const child = isSame ? old : made;
    if (old !== undefined && !isSame) old.replaceWith(made);
    if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null);
  });
  for (const gone of known.values()) gone.remove();
}

function signature(node) {
  const copy = node.cloneNode(true);
  for (const time of copy.querySelectorAll("[data-since]")) time.textContent = "";
  return copy.outerHTML;
}

export function since(node, time, otherwise) {
  if (time === undefined || time === null) {
    delete node.dataset.since;
    node.textContent = otherwise;
  } else {
    node.dataset.since = time;
  }
}

/** 75 000 ms as 1:15, an hour as 1:00:00. */
export function length(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const clock = `${minutes % 60}:${two(seconds % 60)}`;
  return minutes < 60
    ? clock
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
