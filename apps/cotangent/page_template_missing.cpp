// For builds without npm: the commands work, the tour has no page to fill.
#include "page.hpp"

std::string_view cotangent::app::page_template() { return {}; }
