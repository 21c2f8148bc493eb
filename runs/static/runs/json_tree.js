"use strict";
// Shows JSON as a tree that folds. An element with data-json holds the text in a <pre>, which stays as it is; what is
// no JSON stays a text. Only what is unfolded becomes elements, so that a large document does not hang the page.
(() => {
  const TOKEN = /\s*([{}[\],:]|"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;
  const CUT = /\n\(the first \d+ of (\d+) (?:characters|bytes)\)$/;
  const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
  const AT_ONCE = 100;  // items that one press shows
  const UNFOLDED = 120;  // rows that are shown at first
  const MOST_SHOWN = 400;  // characters of a text
  let made = 0;

  // Return the document as nodes: {start, end, kind} and, of containers, {names, items}. Numbers stay as they are
  // written, unlike those of JSON.parse. Without recursion, since a document may be nested deeply.
  function parse(text) {
    const open = [];
    let root = null, name = null, expects = "value";
    TOKEN.lastIndex = 0;
    const fail = () => { throw new SyntaxError("not JSON"); };
    const add = (node) => {
      const around = open.at(-1);
      if (!around) root = node;
      else {
        if (around.kind === "object") around.names.push(name);
        around.items.push(node);
      }
      expects = around ? "next" : "end";
    };
    while (expects !== "end" || open.length) {
      const found = TOKEN.exec(text);
      if (!found) fail();
      const token = found[1], end = TOKEN.lastIndex, start = end - token.length, around = open.at(-1);
      const isEmpty = around && !around.items.length;
      if ((token === "}" || token === "]") && around?.kind === (token === "}" ? "object" : "array")
          && (expects === "next" || (isEmpty && (expects === "name" || expects === "value")))) {
        around.end = end;
        open.pop();
        expects = open.length ? "next" : "end";
      } else if (expects === "next") {
        if (token !== ",") fail();
        around.comma = true;
        expects = around.kind === "object" ? "name" : "value";
      } else if (expects === "name") {
        if (token[0] !== '"') fail();
        name = token;
        expects = "colon";
      } else if (expects === "colon") {
        if (token !== ":") fail();
        expects = "value";
      } else if (token === "{" || token === "[") {
        const node = {start, end, kind: token === "{" ? "object" : "array", names: [], items: []};
        add(node);
        open.push(node);
        expects = token === "{" ? "name" : "value";
      } else {
        if ("}],:".includes(token)) fail();
        add({start, end, kind: token[0] === '"' ? "string" : "-0123456789".includes(token[0]) ? "number" : "word"});
      }
      if (expects === "end" && !open.length) break;
    }
    if (text.slice(TOKEN.lastIndex).trim()) fail();
    return root;
  }

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // The value of a text in JSON; as it is written if it is invalid.
  function decoded(source) {
    try {
      return JSON.parse(source);
    } catch {
      return source;
    }
  }

  function short(text) {
    return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
  }

  class Tree {
    constructor(text, root, rootName, labelledBy) {
      this.text = text;
      this.rows = new WeakMap();
      const id = `json-${made += 1}`;
      this.place = element("div", "json-shown");
      const bar = element("div", "hub-row json-bar");
      this.path = element("code", "json-path");
      this.path.id = `${id}-path`;
      this.value = element("textarea");
      this.value.id = `${id}-value`;
      this.value.hidden = true;
      bar.append(this.path, this.copy("Copy path", this.path.id), this.copy("Copy value", this.value.id), this.value);
      this.list = element("ul", "json-tree");
      this.list.setAttribute("role", "tree");
      if (labelledBy) this.list.setAttribute("aria-labelledby", labelledBy);
      const first = this.item({node: root, path: rootName, label: null});
      this.list.append(first);
      this.unfoldFirst(first);
      this.list.addEventListener("click", (event) => this.clicked(event));
      this.list.addEventListener("keydown", (event) => this.pressed(event));
      this.place.append(bar, this.list);
      this.select(first, false);
    }

    copy(text, of) {
      const button = element("button", "hub-button hub-button-small", text);
      button.type = "button";
      button.dataset.copy = of;
      return button;
    }

    item(row) {
      const item = element("li");
      item.setAttribute("role", "treeitem");
      item.tabIndex = -1;
      this.rows.set(item, row);
      const line = element("span", "json-line");
      if (row.more) {
        line.append(element("span", "json-more", `Show ${Math.min(AT_ONCE, row.left)} more of ${row.left}`));
        item.append(line);
        return item;
      }
      if (row.label !== null) line.append(element("span", "json-name", short(row.label)), ": ");
      const {node} = row;
      if (node.items) {
        const count = node.items.length;
        const unit = node.kind === "object" ? ["field", "fields"] : ["item", "items"];
        const [left, right] = node.kind === "object" ? "{}" : "[]";
        line.append(element("span", "json-sum", count ? `${left} ${count} ${unit[count === 1 ? 0 : 1]} ${right}` : left + right));
        if (count) item.setAttribute("aria-expanded", "false");
      } else {
        line.append(element("span", `json-${node.kind}`, short(this.text.slice(node.start, node.end))));
      }
      item.append(line);
      return item;
    }

    // Add the next items of a container.
    extend(item, from) {
      const {node, path} = this.rows.get(item);
      let group = item.querySelector(":scope > ul");
      if (!group) {
        group = element("ul");
        group.setAttribute("role", "group");
        item.append(group);
      }
      const until = Math.min(node.items.length, from + AT_ONCE);
      for (let place = from; place < until; place += 1) {
        const name = node.names[place];
        const plain = name && decoded(name);
        const label = node.kind === "array" ? String(place) : IDENTIFIER.test(plain) ? plain : name;
        const step = node.kind === "array" ? `[${place}]` : `${path ? "." : ""}${IDENTIFIER.test(plain) ? plain : name}`;
        group.append(this.item({node: node.items[place], path: path + step, label}));
      }
      if (until < node.items.length) {
        group.append(this.item({more: true, from: until, left: node.items.length - until, path}));
      }
      return group;
    }

    unfoldFirst(first) {
      let left = UNFOLDED;
      const waiting = [first];
      while (waiting.length) {
        const item = waiting.shift();
        const count = this.rows.get(item).node?.items?.length;
        if (!count || (count > left && item !== first)) continue;
        left -= Math.min(count, AT_ONCE);
        this.fold(item, false);
        waiting.push(...item.querySelectorAll(":scope > ul > li"));
      }
    }

    fold(item, folded) {
      if (!item.hasAttribute("aria-expanded")) return;
      item.setAttribute("aria-expanded", String(!folded));
      const group = item.querySelector(":scope > ul") ?? this.extend(item, 0);
      group.hidden = folded;
    }

    isFolded(item) {
      return item.getAttribute("aria-expanded") === "false";
    }

    open(item) {
      const row = this.rows.get(item);
      if (!row.more) {
        this.fold(item, !this.isFolded(item));
        return;
      }
      const around = item.parentElement.closest("li");
      const before = item.previousElementSibling;
      item.remove();
      this.extend(around, row.from);
      this.select(before.nextElementSibling, true);
    }

    select(item, focuses) {
      if (this.selected) {
        this.selected.removeAttribute("aria-selected");
        this.selected.tabIndex = -1;
      }
      this.selected = item;
      item.setAttribute("aria-selected", "true");
      item.tabIndex = 0;
      const {node, path} = this.rows.get(item);
      this.path.textContent = path || "@";
      if (node) {
        const source = this.text.slice(node.start, node.end);
        this.value.value = node.kind === "string" ? decoded(source) : source;
      }
      if (focuses) item.focus();
    }

    clicked(event) {
      const item = event.target.closest("li");
      if (!item || !event.target.closest(".json-line") || getSelection().toString()) return;
      this.select(item, true);
      this.open(item);
    }

    pressed(event) {
      const item = event.target.closest("li");
      if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
      const shown = () => [...this.list.querySelectorAll("li")].filter((each) => !each.parentElement.closest("[hidden]"));
      const beside = (by) => { const all = shown(); return all[all.indexOf(item) + by]; };
      let next = null;
      if (event.key === "ArrowDown") next = beside(1);
      else if (event.key === "ArrowUp") next = beside(-1);
      else if (event.key === "Home") next = shown()[0];
      else if (event.key === "End") next = shown().at(-1);
      else if (event.key === "Enter" || event.key === " ") this.open(item);
      else if (event.key === "ArrowRight") {
        if (this.isFolded(item)) this.fold(item, false);
        else next = item.querySelector(":scope > ul > li");
      } else if (event.key === "ArrowLeft") {
        if (item.getAttribute("aria-expanded") === "true") this.fold(item, true);
        else next = item.parentElement.closest("li");
      } else return;
      event.preventDefault();
      if (next) this.select(next, true);
    }
  }

  // Show the text of an element with data-json as a tree, if it is JSON. Called again, it shows the new text.
  function show(place) {
    const raw = place.querySelector(":scope > pre");
    const text = raw.textContent;
    if (place.shownText === text) return;
    place.shownText = text;
    for (const each of place.querySelectorAll(":scope > :not(pre)")) each.remove();
    raw.hidden = false;
    const cut = CUT.exec(text);
    if (cut && place.dataset.whole) {
      const more = element("button", "hub-button hub-button-small json-whole", "Load all of it");
      more.type = "button";
      more.addEventListener("click", async () => {
        more.disabled = true;
        try {
          const answer = await fetch(place.dataset.whole);
          if (!answer.ok) throw new Error(answer.status);
          raw.textContent = place.shownText = await answer.text();
          draw(place, raw, place.shownText, "");
          more.remove();
        } catch {
          more.disabled = false;
          more.textContent = "It could not be loaded. Try again";
        }
      });
      place.append(more);
      return;
    }
    const blank = "head" in place.dataset ? text.indexOf("\n\n") : -1;
    if ("head" in place.dataset && blank < 0) return;
    draw(place, raw, blank < 0 ? text : text.slice(blank + 2), blank < 0 ? "" : text.slice(0, blank));
  }

  function draw(place, raw, text, head) {
    let root;
    try {
      root = parse(text);
    } catch {
      return false;
    }
    if (!root.items?.length) return false;
    const tree = new Tree(text, root, place.dataset.root ?? "", raw.getAttribute("aria-labelledby"));
    const toggle = element("button", "hub-button hub-button-small json-toggle", "Show as text");
    toggle.type = "button";
    const asTree = (on) => {
      raw.hidden = on;
      for (const each of place.querySelectorAll(":scope > .json-shown, :scope > .json-head")) each.hidden = !on;
      toggle.textContent = on ? "Show as text" : "Show as tree";
    };
    toggle.addEventListener("click", () => asTree(!raw.hidden));
    if (head) place.append(element("pre", "hub-code json-head", head));
    place.append(tree.place, toggle);
    asTree(true);
    return true;
  }

  window.sinkhubJson = show;  // for scripts that add documents to a page
  for (const place of document.querySelectorAll("[data-json]")) show(place);
})();
