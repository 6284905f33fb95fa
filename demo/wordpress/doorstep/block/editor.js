/** The block in the editor: the slot's name, and the baseline as inner blocks. WordPress renders it (includes/slot.php). */
(({ blocks, blockEditor, components, element, i18n }) => {
  const { createElement: el, Fragment } = element;
  const { InnerBlocks, InspectorControls, useBlockProps } = blockEditor;
  const { __ } = i18n;
  const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

  blocks.registerBlockType("doorstep/slot", {
    edit({ attributes: { name }, setAttributes }) {
      const help = NAME.test(name)
        ? __("As it is called in Doorstep's release.", "doorstep")
        : __("Lower case letters, digits, - and _. Without a name only the baseline shows.", "doorstep");
      const field = el(components.TextControl, {
        label: __("Slot", "doorstep"),
        value: name,
        help,
        onChange: (value) => setAttributes({ name: value.trim().toLowerCase() }),
      });
      return el(
        Fragment,
        null,
        el(InspectorControls, null, el(components.PanelBody, { title: __("Doorstep", "doorstep") }, field)),
        el(
          "div",
          useBlockProps({ style: { outline: "1px dashed", padding: "8px" } }),
          el("small", null, `Doorstep: ${name || __("(no name yet)", "doorstep")}`),
          el(InnerBlocks),
        ),
      );
    },
    // The inner blocks alone are kept; the element around them is made when the page is.
    save: () => el(InnerBlocks.Content),
  });
})(window.wp);
