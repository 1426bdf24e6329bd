// The texts of `detail`: what a check found and how an upgrade went, line by line.
#pragma once

#include <string>

#include "cli/simulate/cloud_records.h"

namespace pawl::simulate {

/// A failed check has one to three findings, of different kinds.
std::string check_detail(const Task& check);
std::string upgrade_detail(const Task& upgrade);

}  // namespace pawl::simulate
