// Errors are part of the public C++ interface; inside the library they are included from here.
#pragma once

#include <bccast/error.hpp>
