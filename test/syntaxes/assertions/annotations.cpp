// SYNTAX TEST "source.cpp" "annotations in C++"

READONLY_AFTER_INIT static bool s_ready;
// <------------------- storage.modifier.sealed.sealscope
UNMAP_AFTER_INIT void start();
// <---------------- storage.modifier.init.sealscope
[[gnu::section(".ro_after_init")]] int sealed;
//     ^^^^^^^ storage.modifier.section.sealscope
//              ^^^^^^^^^^^^^^ entity.name.type.section.sealed.sealscope
int placed __attribute__((section(".data..ro_after_init")));
//                        ^^^^^^^ storage.modifier.section.sealscope
//                                 ^^^^^^^^^^^^^^^^^^^^ entity.name.type.section.sealed.sealscope
const char *text = "__init";
//                  ^^^^^^ string.quoted.double.cpp - storage.modifier.init.sealscope
