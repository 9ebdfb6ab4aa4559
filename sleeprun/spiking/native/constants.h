// Constants that the host gives by name: a kernel says which it takes, in which order.
#pragma once

#include <cstdint>

#define SLEEPRUN_FIELD(name) float name;
#define SLEEPRUN_NAME(name) #name " "

// A struct of floats, and their names as they are declared in Python. `LIST` calls its argument
// for each.
#define SLEEPRUN_CONSTANTS(TYPE, LIST)                 \
  struct TYPE {                                        \
    LIST(SLEEPRUN_FIELD)                               \
    static constexpr char kNames[] = LIST(SLEEPRUN_NAME); \
  };

template <typename Constants>
inline constexpr std::int64_t kCountOf = sizeof(Constants) / sizeof(float);
