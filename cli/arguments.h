// The command line.
#pragma once

namespace pawl {

/// Reads the command line, runs the command it names and gives the exit code of contract.md.
int run_command_line(int count, const char* const* words);

}  // namespace pawl
