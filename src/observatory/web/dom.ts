/** The element with that id, which index.html is known to have. */
export function byId<Kind extends Element = HTMLElement>(id: string): Kind {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`index.html has no #${id}`);
  return element as unknown as Kind;
}

type Child = Node | string;
type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A new HTML element. Text is always text, never markup. */
export function html<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

/** A new SVG element. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
}

/** Changes the text only where it is another one: nothing is drawn or read out anew for nothing. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes the children of `parent` show `items`, in their order, keeping the elements of those that stay:
 * focus and scroll positions survive. `key` names an item, `fill` writes it into its element.
 */
export function showList<Item>(
  parent: Element,
  items: readonly Item[],
  how: {
    readonly key: (item: Item) => string;
    readonly make: (item: Item) => HTMLElement;
    readonly fill: (element: HTMLElement, item: Item) => void;
  },
): void {
  const known = new Map<string, HTMLElement>();
  for (const child of parent.children) {
    const element = child as HTMLElement;
    known.set(element.dataset['key'] ?? '', element);
  }
  let place: Element | null = parent.firstElementChild;
  for (const item of items) {
    const key = how.key(item);
    let element = known.get(key);
    known.delete(key);
    if (element === undefined) {
      element = how.make(item);
      element.dataset['key'] = key;
    }
    how.fill(element, item);
    if (element === place) place = element.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  for (const element of known.values()) element.remove();
}
