<?php

namespace App\Http\Controllers;

use Illuminate\Contracts\View\View;
use Illuminate\Http\Request;
use RuntimeException;

class PageController
{
    public function home(Request $request): View
    {
        $visits = $request->session()->increment('visits');

        return view('home', ['visits' => $visits, 'greeting' => config('primehub.greeting')]);
    }

    /** To see what a visitor is shown when something breaks. */
    public function error(): never
    {
        throw new RuntimeException('this page always fails');
    }
}
