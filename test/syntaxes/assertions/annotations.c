// SYNTAX TEST "source.c" "annotations in C"

static struct caps caps __ro_after_init = { 1 };
// <------ storage.modifier.c
//                      ^^^^^^^^^^^^^^^ storage.modifier.sealed.sealscope
//                                          ^ constant.numeric.decimal.c
unsigned int xen_flag __read_only;
//                    ^^^^^^^^^^^ storage.modifier.sealed.sealscope
SECURITY_READ_ONLY_LATE(int) xnu_flag;
// <----------------------- storage.modifier.sealed.sealscope
static int hot __read_mostly;
//             ^^^^^^^^^^^^^ storage.modifier.placed.sealscope
static int __init probe(void) { return 0; }
//         ^^^^^^ storage.modifier.init.sealscope
//                ^^^^^ entity.name.function.c
static int table[] __initdata = { 0 };
//                 ^^^^^^^^^^ storage.modifier.init.sealscope
static const char name[] __initconst = "__ro_after_init";
//                       ^^^^^^^^^^^ storage.modifier.init.sealscope
//                                      ^^^^^^^^^^^^^^^ string.quoted.double.c - storage.modifier.sealed.sealscope
static void __exit leave(void) { }
//          ^^^^^^ storage.modifier.init.sealscope
static int __net_init net_start(struct net *net);
//         ^^^^^^^^^^ storage.modifier.init.sealscope
int placed __section(".data..ro_after_init");
//         ^^^^^^^^^ storage.modifier.section.sealscope
//                    ^^^^^^^^^^^^^^^^^^^^ entity.name.type.section.sealed.sealscope
int bare __section(.init.data);
//       ^^^^^^^^^ storage.modifier.section.sealscope
//                 ^^^^^^^^^^ entity.name.type.section.init.sealscope
int a __attribute__((section(".data..read_only"), used));
//    ^^^^^^^^^^^^^ storage.modifier.attribute.sealscope
//                   ^^^^^^^ storage.modifier.section.sealscope
//                            ^^^^^^^^^^^^^^^^ entity.name.type.section.sealed.sealscope
//                                                ^^^^ entity.other.attribute-name.sealscope
int b __attribute__((aligned(8), __section__(".init.data"))) = 2;
//                   ^^^^^^^ entity.other.attribute-name.sealscope
//                           ^ constant.numeric.sealscope
//                               ^^^^^^^^^^^ storage.modifier.section.sealscope
//                                            ^^^^^^^^^^ entity.name.type.section.init.sealscope
//                                                             ^ constant.numeric.decimal.c
// Attributes that place nothing are the language's own, and so is a function named section.
int c __attribute__((used));
//    ^^^^^^^^^^^^^ - storage.modifier.attribute.sealscope
int d = section(".data");
//      ^^^^^^^ entity.name.function.c - storage.modifier.section.sealscope
/* __ro_after_init in a comment */
// ^^^^^^^^^^^^^^^ comment.block.c - storage.modifier.sealed.sealscope
int not__initdata, __initdatax;
//  ^^^^^^^^^^^^^ - storage.modifier.init.sealscope
//                 ^^^^^^^^^^^ - storage.modifier.init.sealscope
