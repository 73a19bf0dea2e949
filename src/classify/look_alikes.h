// Look-alikes: letters of other scripts whose shape is a Latin letter's.
//
// Unicode Technical Standard 39, data of Unicode 15; made by tools/dev/list_look_alikes.cc.
// A table of our own, because features must not change with an update of ICU.
#pragma once

namespace postern {

// The lower-case Latin letter that a folded character looks like, or 0. ASCII gives 0.
char look_alike(char32_t code_point);

}  // namespace postern
