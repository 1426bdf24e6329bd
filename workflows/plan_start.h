// What keeps a plan from being started though a rollout of it goes on: what reads otherwise than it
// looks, found out after plans of that kind may have been started.
#pragma once

#include <string_view>
#include <vector>

#include "workflows/mistakes.h"
#include "workflows/plan.h"
#include "workflows/yaml_reader.h"

namespace pawl {

/// `root` and `plan` were read from `text`; `plan` may have other mistakes. Columns count bytes.
std::vector<Mistake> start_mistakes(std::string_view text, const YamlNode& root, const Plan& plan);

}  // namespace pawl
