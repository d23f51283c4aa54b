//go:build tools

// Names the program that go_program.sh builds, so that go.mod and go.sum pin it with all it needs.
package tools

import _ "github.com/Shopify/toxiproxy/v2/cmd/server"
