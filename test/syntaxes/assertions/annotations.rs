// SYNTAX TEST "source.rust" "annotations in Rust"

#[link_section = ".data..ro_after_init"]
//^^^^^^^^^^^^ storage.modifier.section.sealscope
//                ^^^^^^^^^^^^^^^^^^^^ entity.name.type.section.sealed.sealscope
static CAPS: u32 = 5;
// <------ storage.modifier.rust - storage.modifier.section.sealscope
#[unsafe(link_section = ".init.text")]
//       ^^^^^^^^^^^^ storage.modifier.section.sealscope
//                       ^^^^^^^^^^ entity.name.type.section.init.sealscope
// link_section = ".data"
// ^^^^^^^^^^^^ comment.line.double-slash.rust - storage.modifier.section.sealscope
