/** The style of a preview's bar; inside its shadow root. */
export const STYLE = `
:host { all: initial; display: block; position: fixed; inset: auto 0 0 0; z-index: 2147483647; }
section {
  display: flex; flex-wrap: wrap; align-items: flex-start; gap: 4px 16px; box-sizing: border-box; width: 100%;
  max-height: 60vh; overflow: auto; padding: 8px 16px; background: #2b1d52; color: #fff;
  font: 14px/1.5 system-ui, sans-serif; border-top: 3px solid #ffc53d;
}
p { margin: 0; flex: 1 1 24em; }
a, summary { color: #ffe08a; }
a { font-weight: 600; }
summary { cursor: pointer; }
a:focus-visible, summary:focus-visible { outline: 2px solid #fff; outline-offset: 2px; }
ul { margin: 4px 0; padding-left: 20px; }
details[open] { flex-basis: 100%; order: 1; }
`;
