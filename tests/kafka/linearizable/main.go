// Judges a history of submits and LATEST reads: is it one that a single copy, asked by one client after the other, could have
// given? The judge is porcupine, which shares nothing with the program. A case is a register of its version: an accepted command
// moves it by one and says what it is now; a read says what it is.
//
// The history has one operation a line, times in nanoseconds of one clock:
//
//	{"client": 0, "case": "...", "op": "submit", "call": 10, "return": 20, "version": 3}
//	{"client": 1, "case": "...", "op": "submit", "call": 12}                              nobody knows whether, or when
//	{"client": 2, "case": "...", "op": "read", "call": 21, "return": 30, "version": 3}
//
// Exit: 0 linearizable, 1 not, 2 the history cannot be read or judged.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"
)

const (
	patience  = 2 * time.Minute
	lineBytes = 1 << 16
)

type operation struct {
	Client  int    `json:"client"`
	Case    string `json:"case"`
	Op      string `json:"op"`
	Call    int64  `json:"call"`
	Return  *int64 `json:"return"`
	Version *int   `json:"version"`
}

func (o operation) known() bool { return o.Return != nil && o.Version != nil }

// step gives the versions a case of version `state` may have after `o`; none: `o` cannot come now.
func step(state, input, output interface{}) []interface{} {
	version, o := state.(int), input.(operation)
	switch {
	case o.Op == "submit" && !o.known():
		return []interface{}{version, version + 1}
	case o.Op == "submit" && *o.Version == version+1:
		return []interface{}{version + 1}
	case o.Op == "read" && *o.Version == version:
		return []interface{}{version}
	}
	return nil
}

func model() porcupine.Model {
	register := porcupine.NondeterministicModel{
		Init: func() []interface{} { return []interface{}{0} },
		Step: step,
	}
	return register.ToModel()
}

// read gives the operations by case.
func read(path string) (map[string][]porcupine.Operation, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	cases := map[string][]porcupine.Operation{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, lineBytes)
	for n := 1; lines.Scan(); n++ {
		var o operation
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		if o.Case == "" || (o.Op != "submit" && o.Op != "read") || (o.Op == "read" && !o.known()) {
			return nil, fmt.Errorf("%s:%d: expected a submit, or a read that was answered, of a case; found %s", path, n, lines.Text())
		}
		// What nobody knows the end of may take effect at any time after its call.
		end := int64(math.MaxInt64)
		if o.known() {
			end = *o.Return
		}
		cases[o.Case] = append(cases[o.Case], porcupine.Operation{ClientId: o.Client, Input: o, Call: o.Call, Return: end})
	}
	return cases, lines.Err()
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: linearizable HISTORY")
		os.Exit(2)
	}
	cases, err := read(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "linearizable:", err)
		os.Exit(2)
	}
	names := make([]string, 0, len(cases))
	for name := range cases {
		names = append(names, name)
	}
	sort.Strings(names)
	operations, unknown, exit := 0, 0, 0
	for _, name := range names {
		for _, o := range cases[name] {
			operations++
			if !o.Input.(operation).known() {
				unknown++
			}
		}
		switch result := porcupine.CheckOperationsTimeout(model(), cases[name], patience); result {
		case porcupine.Ok:
		case porcupine.Illegal:
			fmt.Printf("finding: the %d operations on case %s are not linearizable\n", len(cases[name]), name)
			exit = 1
		default:
			fmt.Printf("finding: the %d operations on case %s were not judged within %v\n", len(cases[name]), name, patience)
			if exit == 0 {
				exit = 2
			}
		}
	}
	verdict := map[int]string{0: "linearizable", 1: "NOT LINEARIZABLE", 2: "not judged"}[exit]
	fmt.Printf("%d operations on %d cases, %d of unknown outcome: %s\n", operations, len(names), unknown, verdict)
	if operations == 0 {
		fmt.Println("finding: the history is empty")
		exit = 2
	}
	os.Exit(exit)
}
